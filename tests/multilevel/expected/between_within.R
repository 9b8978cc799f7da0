# Writes between_within.json: denominator df of nlme::lme and R's own emmeans-free values for nested designs.
# Run in this folder: Rscript between_within.R
suppressMessages({library(nlme); library(jsonlite)})
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(11)
d <- expand.grid(wave = 0:2, person = 1:5, team = 1:6, org = 1:4)
d <- d[runif(nrow(d)) > 0.15, ]
d$team <- interaction(d$org, d$team, drop = TRUE); d$person <- interaction(d$team, d$person, drop = TRUE); d$org <- factor(d$org)
d$arm <- factor(c("a", "b", "b", "a", "a")[as.integer(d$team) %% 5 + 1]); d$size <- as.integer(d$org) %% 2; d$x <- round(rnorm(nrow(d)), 3)
d$age <- round(rnorm(nlevels(d$person))[d$person], 2)
d$y <- round(rnorm(nrow(d)) + rnorm(4)[d$org] + rnorm(nlevels(d$team))[d$team] + rnorm(nlevels(d$person))[d$person], 4)
take <- function(fixed, random, text) {
  m <- lme(fixed, random = random, data = d)
  list(formula = text, terms = names(fixef(m)), df = unname(m$fixDF$X))
}
out <- list(software = list(R = R.version.string, nlme = as.character(packageVersion("nlme"))), script = "between_within.R",
  data = lapply(d, as.character), numeric = c("wave", "size", "x", "age", "y"),
  models = list(
    take(y ~ arm * wave + x, ~1 | org/team/person, "y ~ arm * wave + x + (1 | org/team/person)"),
    take(y ~ arm + size + age, ~1 | org/team/person, "y ~ arm + size + age + (1 | org) + (1 | team) + (1 | person)"),
    take(y ~ arm + factor(wave) + age, ~1 | team/person, "y ~ arm + factor(wave) + age + (1 | team) + (1 | person)"),
    take(y ~ arm * x, ~ x | team, "y ~ arm * x + (x | team)")))
write(toJSON(out, digits = 10, auto_unbox = TRUE), "between_within.json")
