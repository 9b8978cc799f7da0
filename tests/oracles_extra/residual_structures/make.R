# Residual structures with nlme: writes repeated.csv and expected.json. Run in this folder: Rscript make.R
suppressMessages({library(nlme); library(jsonlite)})
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(31415)
team <- rep(1:14, each = 8 * 5); person <- rep(1:112, each = 5); wave <- rep(0:4, 112)
arm <- ifelse(team %% 2 == 0, "new", "old")
noise <- unlist(lapply(1:112, function(i) as.numeric(arima.sim(list(ar = .5), 5))))
d <- data.frame(team = paste0("t", team), person = paste0("p", person), wave, arm)
d$y <- round(3 + .2 * wave + .3 * (arm == "new") * wave + rnorm(14, 0, .5)[team] + rnorm(112, 0, .6)[person] +
               noise * ifelse(arm == "new", .9, .5), 5)
d <- d[sort(sample(nrow(d), 470)), ]   # gaps
d <- d[sample(nrow(d)), ]              # rows in no order
write.csv(d, "repeated.csv", row.names = FALSE)
d <- read.csv("repeated.csv", stringsAsFactors = TRUE)
d$arm <- relevel(d$arm, "old"); d <- d[order(d$team, d$person, d$wave), ]
ctrl <- lmeControl(msMaxIter = 500, maxIter = 500, msTol = 1e-12, tolerance = 1e-11, opt = "nlminb", returnObject = TRUE)
f <- y ~ arm * wave
ident <- varIdent(form = ~ 1 | arm)
record <- function(m, formula, method, variance = NULL, correlation = NULL) {
  s <- m$modelStruct
  ratio <- if (is.null(s$varStruct)) NULL else as.list(coef(s$varStruct, unconstrained = FALSE, allCoef = TRUE)^2)
  list(formula = formula, method = method, residual_variance = variance, residual_correlation = correlation,
       logLik = as.numeric(logLik(m)), terms = names(if (inherits(m, "gls")) coef(m) else fixef(m)),
       estimate = unname(if (inherits(m, "gls")) coef(m) else fixef(m)),
       se = unname(sqrt(diag(if (inherits(m, "gls") || method == "REML") vcov(m) else vcov(m) ))),
       sigma = m$sigma, variance_ratio = ratio,
       rho = if (is.null(s$corStruct)) NULL else unname(coef(s$corStruct, unconstrained = FALSE)),
       random_sd = if (inherits(m, "gls")) NULL else as.numeric(VarCorr(m)[grepl("Intercept|wave", rownames(VarCorr(m))), "StdDev"]))
}
cor1 <- corAR1(form = ~ wave | team/person)
models <- list(
  both = record(lme(f, d, random = ~ 1 | team/person, weights = ident, correlation = cor1, control = ctrl),
                "y ~ arm * wave + (1 | team) + (1 | person)", "REML", "arm", "ar1(wave | person)"),
  both_ml = record(lme(f, d, random = ~ 1 | team/person, weights = ident, correlation = cor1, control = ctrl, method = "ML"),
                   "y ~ arm * wave + (1 | team) + (1 | person)", "ML", "arm", "ar1(wave | person)"),
  variances = record(lme(f, d, random = ~ 1 | team/person, weights = ident, control = ctrl),
                     "y ~ arm * wave + (1 | team) + (1 | person)", "REML", "arm"),
  autoregressive = record(lme(f, d, random = ~ 1 | team/person, correlation = cor1, control = ctrl),
                          "y ~ arm * wave + (1 | team) + (1 | person)", "REML", NULL, "ar1(wave | person)"),
  slope = record(lme(f, d, random = ~ wave | person, weights = ident, control = ctrl),
                 "y ~ arm * wave + (1 + wave | person)", "REML", "arm"))
write_json(list(software = list(R = as.character(getRversion()), nlme = as.character(packageVersion("nlme"))), seed = 31415,
                script = "make.R", models = models), "expected.json", digits = 12, auto_unbox = TRUE, null = "null", pretty = 1)
