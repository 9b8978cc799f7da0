# Three invented stepped wedges: unequal sizes, waves without answers, and (b) a wave of transition after the start.
# Kenward-Roger by lmerTest, pbkrtest and emmeans; writes wedges.json.
suppressMessages({library(lmerTest); library(pbkrtest); library(emmeans); library(jsonlite)})
emm_options(lmer.df = "kenward-roger", pbkrtest.limit = 10000)
rows <- read.csv("wedges.csv")
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10))

analyse <- function(name, transition) {
  d <- subset(rows, wedge == name)
  since <- ifelse(is.na(d$start), 0, pmax(d$wave - d$start + 1, 0))
  d <- subset(transform(d, since = since), since == 0 | since > transition)
  d$wave <- factor(d$wave); d$since <- factor(d$since)
  fit <- lmer(y ~ wave + since + (1 | team) + (1 | team:wave) + (1 | person), d, control = control)
  effects <- grep("^since", names(fixef(fit)))
  k <- length(effects)
  weights <- function(w) { L <- numeric(length(fixef(fit))); L[effects] <- w; L }
  one <- function(w) {
    r <- contest1D(fit, weights(w), confint = TRUE, ddf = "Kenward-Roger")
    list(estimate = r[["Estimate"]], std_error = r[["Std. Error"]], df = r[["df"]],
         p_value = r[["Pr(>|t|)"]], conf_low = r[["lower"]], conf_high = r[["upper"]])
  }
  equal <- t(sapply(2:k, function(i) weights(replace(replace(numeric(k), i, 1), 1, -1))))
  whole <- KRmodcomp(fit, equal)
  means <- summary(contrast(emmeans(fit, "since"), list(mean = c(-1, rep(1 / k, k)))))
  stopifnot(abs(means$estimate - one(rep(1 / k, k))$estimate) < 1e-8, abs(means$df - one(rep(1 / k, k))$df) < 1e-4)
  list(transition = transition, n = nobs(fit), components = as.data.frame(VarCorr(fit))$vcov,
       exposures = as.integer(sub("since", "", names(fixef(fit))[effects])),
       mean = one(rep(1 / k, k)), by_exposure = lapply(seq_len(k), function(i) one(replace(numeric(k), i, 1))),
       test = list(statistic = getKR(whole, "Fstat"), numerator_df = getKR(whole, "ndf"), df = getKR(whole, "ddf"),
                   p_value = getKR(whole, "p.value")))
}
out <- list(a = analyse("a", 0), b = analyse("b", 1), c = analyse("c", 0))
write_json(out, "wedges.json", digits = 12, auto_unbox = TRUE, pretty = TRUE)
