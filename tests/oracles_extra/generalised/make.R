# Generalised mixed models beyond the oracle cases: writes data CSVs and expected.json. Run in this folder: Rscript make.R
# Every model is fitted on the CSV as written; the best of two optimisers with tight settings is stored.
suppressMessages({library(lme4); library(jsonlite)})
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(20261121)

put <- function(d, name) { write.csv(d, name, row.names = FALSE); read.csv(name, stringsAsFactors = TRUE) }
tight <- function(optimizer, ...) glmerControl(optimizer = optimizer, optCtrl = list(...), tolPwrss = 1e-12,
                                               check.conv.singular = "ignore")
best <- function(formula, data, family, nAGQ = 1, ...) {
  fits <- list(
    glmer(formula, data, family = family, nAGQ = nAGQ, control = tight("bobyqa", rhobeg = 0.02, rhoend = 1e-9, maxfun = 1e5), ...),
    glmer(formula, data, family = family, nAGQ = nAGQ,
          control = tight("Nelder_Mead", FtolAbs = 1e-12, FtolRel = 1e-15, XtolRel = 1e-12, maxfun = 1e5), ...))
  fits[[which.max(sapply(fits, logLik))]]
}
record <- function(m, data, family, quadrature = 1) {
  re <- ranef(m, condVar = TRUE)
  list(formula = paste(deparse(formula(m)), collapse = " "), data = data, family = family, quadrature = quadrature,
       logLik = as.numeric(logLik(m)), terms = names(fixef(m)), estimate = unname(fixef(m)),
       se = unname(sqrt(diag(as.matrix(vcov(m))))), se_rx = unname(sqrt(diag(as.matrix(vcov(m, use.hessian = FALSE))))),
       varcomp = as.data.frame(VarCorr(m))[, c("grp", "var1", "var2", "vcov", "sdcor")],
       ranef = lapply(re, function(r) list(levels = rownames(r), mode = as.matrix(r),
                                           sd = if (is.array(attr(r, "postVar"))) sqrt(attr(r, "postVar")[1, 1, ]) else NULL)),
       fitted = unname(fitted(m))[1:8])
}

# counts: three nested levels with an observation-level effect and an exposure
n <- 240
counts <- data.frame(site = paste0("s", rep(1:10, each = 24)), plot = paste0("p", rep(1:40, each = 6)), row = paste0("r", 1:n),
                     x = round(rnorm(n), 3), exposure = round(runif(n, 1, 6), 2))
eta <- 0.4 + 0.5 * counts$x + log(counts$exposure) + rnorm(10, 0, .5)[rep(1:10, each = 24)] +
  rnorm(40, 0, .4)[rep(1:40, each = 6)] + rnorm(n, 0, .45)
counts$y <- rpois(n, exp(eta))
counts <- put(counts[sample(n), ], "counts.csv")

# yes/no: persons crossed with items, a random slope per person
person <- rep(1:60, each = 8); item <- rep(1:8, 60)
answers <- data.frame(person = paste0("q", person), item = paste0("i", item), hard = (item > 4) * 1,
                      arm = ifelse(person %% 2 == 0, "new", "old"))
b <- cbind(rnorm(60, 0, .9), rnorm(60, 0, .8)); v <- rnorm(8, 0, .7)
answers$yes <- rbinom(480, 1, plogis(.3 + .5 * (answers$arm == "new") - .6 * answers$hard + b[person, 1] + b[person, 2] * answers$hard + v[item]))
answers <- put(answers[sample(480)[1:450], ], "answers.csv")

# proportions with persons who change team
k <- 150
moves <- data.frame(who = paste0("m", rep(1:50, each = 3)), team = paste0("t", sample(1:9, k, TRUE)), wave = rep(0:2, 50),
                    size = sample(3:12, k, TRUE))
moves$hits <- rbinom(k, moves$size, plogis(-.5 + .25 * moves$wave + rnorm(50, 0, .6)[rep(1:50, each = 3)] + rnorm(9, 0, .5)[as.integer(substring(moves$team, 2))]))
moves <- put(moves, "moves.csv")

bacteria <- put(MASS::bacteria[, c("y", "ID", "trt", "week")], "bacteria.csv")
bacteria$trt <- relevel(bacteria$trt, "placebo"); bacteria$present <- (bacteria$y == "y") * 1

models <- list(
  counts = record(best(y ~ x + offset(log(exposure)) + (1 | site) + (1 | plot) + (1 | row), counts, poisson), "counts.csv", "poisson"),
  counts_quadrature = record(best(y ~ x + offset(log(exposure)) + (1 | plot), counts, poisson, 11), "counts.csv", "poisson", 11),
  answers = record(best(yes ~ arm * hard + (1 + hard | person) + (1 | item), answers, binomial), "answers.csv", "binomial"),
  answers_uncorrelated = record(best(yes ~ arm * hard + (1 + hard || person) + (1 | item), answers, binomial), "answers.csv", "binomial"),
  moves = record(best(cbind(hits, size - hits) ~ wave + (1 | who) + (1 | team), moves, binomial), "moves.csv", "binomial"),
  bacteria = record(best(present ~ trt + week + (1 | ID), bacteria, binomial), "bacteria.csv", "binomial"),
  bacteria_quadrature = record(best(present ~ trt + week + (1 | ID), bacteria, binomial, 15), "bacteria.csv", "binomial", 15))
profile <- confint(best(cbind(hits, size - hits) ~ wave + (1 | who) + (1 | team), moves, binomial), method = "profile", quiet = TRUE, oldNames = FALSE)
slope <- confint(best(yes ~ arm * hard + (1 + hard | person) + (1 | item), answers, binomial), method = "profile", quiet = TRUE, oldNames = FALSE)
table <- function(p) data.frame(term = rownames(p), low = p[, 1], high = p[, 2])
write_json(list(software = list(R = as.character(getRversion()), lme4 = as.character(packageVersion("lme4"))), seed = 20261121,
                script = "make.R", models = models, profile = list(moves = table(profile), answers = table(slope))),
           "expected.json", digits = 12, auto_unbox = TRUE, matrix = "rowmajor", na = "null", pretty = 1)
