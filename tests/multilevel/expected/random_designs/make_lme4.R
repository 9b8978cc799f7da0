# Reference results for the random designs of this folder: best of three optimisers of lme4, lmerTest, pbkrtest.
# usage: Rscript make_lme4.R   (in this folder); writes lme4.json
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(jsonlite)})
controls <- list(
  lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e5)),
  lmerControl(optimizer = "Nelder_Mead", optCtrl = list(maxfun = 1e5)),
  lmerControl(optimizer = "nloptwrap", optCtrl = list(xtol_abs = 1e-10, ftol_abs = 1e-12, maxeval = 1e5)))
one <- function(i, formula) {
  d <- read.csv(sprintf("design_%02d.csv", i - 1), stringsAsFactors = TRUE)
  fits <- lapply(controls, function(k) suppressMessages(suppressWarnings(lmerTest::lmer(as.formula(formula), d, control = k))))
  best <- fits[[which.max(sapply(fits, logLik))]]
  p <- length(fixef(best)); adjusted <- vcovAdj(best)
  out <- list(formula = formula, logLik = as.numeric(logLik(best)), term = names(fixef(best)), estimate = unname(fixef(best)),
    se = unname(sqrt(diag(as.matrix(vcov(best))))), kr_se = unname(sqrt(diag(as.matrix(adjusted)))),
    kr_df = sapply(seq_len(p), function(j) Lb_ddf(diag(p)[j, ], vcov(best), adjusted)), singular = isSingular(best))
  s <- suppressWarnings(summary(best, ddf = "Satterthwaite")$coefficients)
  out$satterthwaite_df <- unname(s[, "df"])
  out
}
formulas <- fromJSON("formulas.json")
result <- lapply(seq_along(formulas), function(i) one(i, formulas[i]))
software <- sapply(c("lme4", "lmerTest", "pbkrtest"), function(p) as.character(packageVersion(p)))
write(toJSON(list(R = R.version.string, packages = as.list(software), models = result), digits = 12, auto_unbox = TRUE), "lme4.json")
