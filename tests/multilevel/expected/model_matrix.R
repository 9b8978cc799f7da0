# Writes model_matrix.json: R's own model matrices and lme4's random-effect structure for many formulas.
# Run in this folder: Rscript model_matrix.R
suppressMessages({library(lme4); library(jsonlite)})
set.seed(1)
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
n <- 48
d <- data.frame(
  a = factor(rep(c("lo", "mid", "hi"), length.out = n), levels = c("lo", "mid", "hi")),
  b = factor(rep(c("x", "y"), each = 2, length.out = n)),
  s = rep(c("red", "blue", "green", "blue"), each = 3, length.out = n),
  t = rep(0:3, times = n / 4),
  u = round(rnorm(n, 5, 2), 3), v = round(runif(n, 1, 9), 3),
  L = rep(c(TRUE, FALSE, FALSE), length.out = n),
  G.H = round(rnorm(n), 3),
  g = rep(1:8, each = 6), h = rep(c("p", "q"), length.out = n),
  k = rep(c(1, 1, 2, 2, 3, 3), length.out = n), stringsAsFactors = FALSE
)
d$y <- round(rnorm(n), 3)
d[["my x"]] <- round(rnorm(n), 3)
d[["my f"]] <- d$b
fixed <- c(
  "a", "a + b", "a * b", "a:b", "a + a:b", "b + a:b", "0 + a", "a - 1", "0 + a + b", "0 + u + a * b", "-1 + u",
  "a * u", "a:u", "u + a:u", "a + a:u", "0 + a + a:u", "u * v", "(a + b + u)^2", "(a + b + u)^2 - a:b", "a * b * u", "a * b * u - a:b:u",
  "a / b", "a / u", "a / (b + u)", "u %in% a + a", "b %in% a", "s", "s * L", "L", "L:u", "L + L:u", "0 + L", "I(u^2) + u", "log(v) + sqrt(v)",
  "factor(t)", "factor(t) * a", "poly(u, 2)", "poly(u, 3, raw = TRUE)", "scale(u)", "scale(u, scale = FALSE) * b", "I(u > 5)",
  "I(u * v) + I(u/v) + I(-u)", "`my x` * `my f`", "G.H + t", "I((u - 5)^2)", "a + offset(v)", "offset(log(v)) + b + u", "b:a + u:b", "relevel(a, ref = \"hi\")",
  "factor(s, levels = c(\"red\", \"green\", \"blue\"))", "a*b + u*b", "u:v:a", "log(v, 2)", "log2(v) + exp(u/10)", "a + u + 1", "I(t == 2)", "as.numeric(L) + u", "u - u + v", "a + (b + u) * v"
)
take <- function(text) {
  f <- as.formula(paste("y ~", text))
  m <- model.matrix(f, d)
  list(formula = paste("y ~", text), columns = colnames(m), values = unname(m), labels = attr(terms(f), "term.labels"),
       offset = { o <- model.offset(model.frame(f, d)); if (is.null(o)) rep(0, n) else o }, rank = qr(m)$rank)
}
random <- c("(1 | g)", "(u | g)", "(1 + u | g)", "(0 + u | g)", "(u - 1 | g)", "(u || g)", "(1 + u + v || g)", "(b | g)", "(b || g)", "(0 + b | g)", "(b * u | h:k)",
            "(1 | g/h)", "(1 | h/k/b)", "(u | h/k)", "(u || h/k)", "(1 | g:h)", "(1 | h:k:b)", "(1 | h) + (1 | k)", "(1 | h) + (0 + u | h) + (1 | g)",
            "(factor(t) | g)", "(log(v) | g)", "(1 | L)", "(1|s)", "(I(u^2) + u || s)")
control <- lmerControl(check.nobs.vs.nRE = "ignore", check.nobs.vs.nlev = "ignore", check.nobs.vs.rankZ = "ignore")
bars <- function(text) {
  parsed <- lFormula(as.formula(paste("y ~ 1 +", text)), d, control = control)$reTrms
  terms <- lapply(seq_along(parsed$cnms), function(i) {
    group <- parsed$flist[[attr(parsed$flist, "assign")[i]]]
    list(group = names(parsed$cnms)[i], names = I(parsed$cnms[[i]]), levels = levels(group), codes = as.integer(group) - 1L)
  })
  list(formula = paste("y ~ 1 +", text), terms = terms)
}
out <- list(software = list(R = R.version.string, lme4 = as.character(packageVersion("lme4"))), script = "model_matrix.R",
            data = d, fixed = lapply(fixed, take), random = lapply(random, bars))
write(toJSON(out, digits = 10, auto_unbox = TRUE, dataframe = "columns"), "model_matrix.json")
