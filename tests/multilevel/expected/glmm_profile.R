# Writes glmm_profile.json: lme4's profile limits of a binomial and a Poisson model.
# Run in this folder: Rscript glmm_profile.R
suppressMessages({library(lme4); library(jsonlite)})
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(21)
d <- expand.grid(rep = 1:14, g = 1:24)
d$x <- round(rnorm(nrow(d)), 3)
d$arm <- d$g %% 2
b <- rnorm(24, 0, 0.8); s <- rnorm(24, 0, 0.6) + 0.3 * b
eta <- -0.3 + 0.5 * d$x + 0.4 * d$arm + b[d$g] + s[d$g] * d$x
d$yes <- rbinom(nrow(d), 1, plogis(eta))
d$count <- rpois(nrow(d), exp(0.3 + 0.2 * d$x + 0.5 * b[d$g]))
# confint() of lme4 stops on these models, so lme4's own deviance function is profiled by optim and uniroot
take <- function(text, family) {
  m <- glmer(as.formula(text), d, family = family, control = glmerControl(optimizer = "bobyqa"))
  deviance <- update(m, devFunOnly = TRUE)
  k <- length(getME(m, "theta")); start <- c(getME(m, "theta"), fixef(m)); scale <- c(rep(0.3, k), sqrt(diag(vcov(m))))
  lower <- c(getME(m, "lower"), rep(-Inf, length(fixef(m))))
  polish <- function(f, x, s, l) { for (i in 1:4) { r <- optim(x / s, function(z) f(z * s), method = "L-BFGS-B", lower = l / s, control = list(factr = 10, pgtol = 1e-9, maxit = 500)); x <- r$par * s }; list(x = x, value = r$value) }
  best <- polish(deviance, start, scale, lower)
  wanted <- if (k == 1) seq_along(start) else k + seq_along(fixef(m))
  limit <- function(j, side) {
    root <- function(v) { f <- function(o) { x <- best$x; x[j] <- v; x[-j] <- o; deviance(x) }; sqrt(max(polish(f, best$x[-j], scale[-j], lower[-j])$value - best$value, 0)) - qnorm(0.975) }
    far <- best$x[j] + side * 4 * scale[j]
    if (j <= k && side < 0) { far <- 1e-8; if (root(far) < 0) return(0) }
    uniroot(root, sort(c(best$x[j], far)), tol = 1e-7)$root
  }
  names <- c(if (k == 1) "sd_(Intercept)|g" else rep("", k), names(fixef(m)))
  list(formula = text, family = family, term = names[wanted], lower = sapply(wanted, limit, side = -1), upper = sapply(wanted, limit, side = 1), logLik = as.numeric(logLik(m)))
}
out <- list(software = list(R = R.version.string, lme4 = as.character(packageVersion("lme4"))), script = "glmm_profile.R", data = d,
  models = list(take("yes ~ x + arm + (1 | g)", "binomial"), take("yes ~ x + arm + (x | g)", "binomial"), take("count ~ x + arm + (1 | g)", "poisson")))
write(toJSON(out, digits = 10, auto_unbox = TRUE, dataframe = "columns"), "glmm_profile.json")
