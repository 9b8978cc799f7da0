# Writes front_models.json: lme4, lmerTest and clubSandwich results of formulas with transforms, weights, offsets and unusual random terms.
# Run in this folder: Rscript front_models.R
suppressMessages({library(lmerTest); library(clubSandwich); library(jsonlite)})
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(5)
d <- expand.grid(wave = 0:3, person = 1:8, team = 1:12)
d$org <- (d$team - 1) %/% 3 + 1
d$arm <- c("control", "intervention")[d$team %% 2 + 1]
d$site <- c("north", "south", "west")[d$team %% 3 + 1]
d$senior <- (d$person + d$team) %% 3 == 0
d$x <- round(rnorm(nrow(d), 4, 1.5), 3)
d$size <- 5 + d$team %% 4
d$w <- round(runif(nrow(d), 0.5, 3), 2)
d$known <- round(rnorm(nrow(d), 0, 0.4), 3)
d$`job level` <- c("a", "b")[(d$person > 4) + 1]
team <- rnorm(12, 0, 0.6); slope <- rnorm(12, 0, 0.25); person <- rnorm(96, 0, 0.7); org <- rnorm(4, 0, 0.4)
id <- (d$team - 1) * 8 + d$person
d$y <- round(3 + 0.3 * d$wave + 0.4 * (d$arm == "intervention") * d$wave / 3 + 0.2 * d$x + team[d$team] + slope[d$team] * d$wave + org[d$org] + person[id] + rnorm(nrow(d), 0, 0.8) / sqrt(d$w), 4)
gone <- sample(nrow(d), 40)
d$y[gone[1:20]] <- NA; d$x[gone[15:35]] <- NA
for (name in c("arm", "site", "job level")) d[[name]] <- factor(d[[name]])  # ls_means wants factors
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5))
take <- function(text, weights = FALSE, offset = FALSE, ddf = "Satterthwaite", reml = TRUE) {
  f <- as.formula(text)
  args <- list(f, data = d, control = control, REML = reml)
  if (weights) args$weights <- d$w
  if (offset) args$offset <- d$known
  m <- suppressMessages(do.call(lmer, args))
  s <- coef(summary(m, ddf = ddf))
  a <- tryCatch(anova(m, ddf = ddf), error = function(e) NULL)
  v <- as.data.frame(VarCorr(m))
  lsm <- tryCatch({ l <- as.data.frame(ls_means(m, ddf = ddf)); list(row = I(rownames(l)), term = I(l$term), estimate = I(l$Estimate), se = I(l$`Std. Error`), df = I(l$df)) }, error = function(e) NULL)
  # clubSandwich leaves the weights of lmer fits out of its working covariance, and has no offsets: plain models only
  cr2 <- if (weights || offset || grepl("offset", text)) NULL else tryCatch({
    frame <- model.frame(m); cluster <- names(which.min(sapply(getME(m, "flist"), nlevels)))
    V <- vcovCR(m, cluster = getME(m, "flist")[[cluster]], type = "CR2"); test <- coef_test(m, vcov = V, test = "Satterthwaite")
    joint <- Wald_test(m, constraints = constrain_zero(2:3), vcov = V, test = "HTZ")
    list(cluster = cluster, se = test$SE, df = test$df_Satt, F = joint$Fstat, den_df = joint$df_denom, p = joint$p_val)
  }, error = function(e) NULL)
  list(formula = text, weights = weights, offset = offset, ddf = ddf, reml = reml, nobs = nobs(m), logLik = as.numeric(logLik(m)), terms = rownames(s), estimate = unname(s[, 1]), se = unname(s[, 2]),
       df = unname(s[, 3]), p = unname(s[, 5]), varcomp = v$vcov, groups = v$grp, ls_means = lsm, cr2 = cr2, anova = if (is.null(a) || nrow(a) == 0) NULL else list(term = I(rownames(a)), num_df = I(a$NumDF), den_df = I(a$DenDF), F = I(a$`F value`)))
}
out <- list(software = list(R = R.version.string, lme4 = as.character(packageVersion("lme4")), lmerTest = as.character(packageVersion("lmerTest")), clubSandwich = as.character(packageVersion("clubSandwich"))), script = "front_models.R", data = d, models = list(
  take("y ~ arm * wave + (1 | org) + (wave | team) + (1 | team:person)"),
  take("y ~ arm * factor(wave) + (1 | org/team/person)", ddf = "Kenward-Roger"),
  take("y ~ arm * site * wave + (1 | team)", ddf = "Kenward-Roger"),
  take("y ~ poly(wave, 2) + senior * arm + (1 | team/person)"),
  take("y ~ scale(wave) * arm + log(size) + (1 + wave || team)"),
  take("y ~ arm + wave + (1 | team) + (1 | team:wave)", weights = TRUE),
  take("y ~ arm + wave + offset(known) + (1 | team)"),
  take("y ~ arm * wave + (1 | team)", offset = TRUE, weights = TRUE, reml = FALSE),
  take("y ~ 0 + arm + arm:wave + (1 | team)"),
  take("y ~ arm / wave + (1 | team)"),
  take("y ~ `job level` * arm + (1 | team)", ddf = "Kenward-Roger"),
  take("y ~ I(wave^2) + wave + site + (0 + wave | team) + (1 | team)"),
  take("y ~ arm + x:arm + (site || org) + (1 | team)"),
  take("y ~ (arm + site + senior)^2 + x + (1 | team) + (1 | team:person)", ddf = "Kenward-Roger"),
  take("y ~ arm * x + site + (0 + senior | team)"),
  take("y ~ wave + (1 | org) + (1 | wave:site)")))
write(toJSON(out, digits = 12, auto_unbox = TRUE, dataframe = "columns", na = "null"), "front_models.json")
