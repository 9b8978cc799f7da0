# Five completed data sets of an invented trial, the imputed values moved by arm: Kenward-Roger of each by lmerTest,
# pooled by mitml with the mean of their df as those of the complete data; writes moved.json.
suppressMessages({library(lmerTest); library(mitml); library(mice); library(jsonlite)})
d <- read.csv("moved.csv")
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10))
d$effect <- as.numeric(d$arm == "intervention" & d$wave == 1)

one <- function(set, control_by, intervention_by) {
  by <- ifelse(d$arm == "control", control_by, intervention_by) * d$missing
  x <- transform(d, y = d[[paste0("y", set)]] + by)
  fit <- lmer(y ~ factor(wave) + effect + (1 | team) + (1 | team:wave) + (1 | person), x, control = control)
  r <- contest1D(fit, c(0, 0, 1), ddf = "Kenward-Roger")
  c(r[["Estimate"]], r[["Std. Error"]], r[["df"]])
}

pooled <- function(control_by, intervention_by) {
  each <- sapply(1:5, one, control_by, intervention_by)
  df <- mean(each[3, ])
  found <- testEstimates(qhat = each[1, ], uhat = each[2, ]^2, df.com = df)$estimates
  other <- pool.scalar(each[1, ], each[2, ]^2, n = df + 1, k = 1)  # the same by mice
  stopifnot(abs(found[1, "Estimate"] - other$qbar) < 1e-10, abs(found[1, "df"] - other$df) < 1e-6)
  list(control = control_by, intervention = intervention_by, estimate = found[1, "Estimate"],
       std_error = found[1, "Std.Error"], df = found[1, "df"], p_value = found[1, "P(>|t|)"], df_complete = df)
}

values <- c(-0.4, 0, 0.4)
out <- unlist(lapply(values, function(a) lapply(values, function(b) pooled(a, b))), recursive = FALSE)
write_json(out, "moved.json", digits = 12, auto_unbox = TRUE, pretty = TRUE)
