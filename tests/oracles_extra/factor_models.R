# Factor models on two simulated surveys, by lavaan. Run in this folder: Rscript factor_models.R
# factor_survey.csv: 600 persons in 40 teams, two arms, eight ordered items of two factors, 5 percent of answers missing.
# factor_ordered_waves.csv: 500 persons, six items of four categories in three waves, complete.
# factor_teams.csv: 50 simulated teams that hardly differ; no stored result, see tests/scales/test_factor_levels.py.
# factor_waves.csv: 250 persons in 25 teams, six items of two factors in three waves, gaps and dropout.
suppressMessages(library(lavaan))
library(jsonlite)

survey <- read.csv("factor_survey.csv")
waves <- read.csv("factor_waves.csv")

measures <- c("npar", "chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr", "logl",
  "unrestricted.logl", "aic", "bic", "baseline.chisq", "baseline.df", "chisq.scaled", "pvalue.scaled",
  "chisq.scaling.factor", "cfi.scaled", "tli.scaled", "rmsea.scaled", "cfi.robust", "tli.robust", "rmsea.robust",
  "rmsea.ci.lower.robust", "rmsea.ci.upper.robust")

block <- function(fit) {
  m <- fitMeasures(fit)
  m <- m[intersect(measures, names(m))]
  names(m) <- gsub(".", "_", names(m), fixed = TRUE)
  p <- parameterEstimates(fit, remove.nonfree = FALSE, remove.eq = TRUE)
  s <- standardizedSolution(fit)
  if (lavInspect(fit, "nlevels") > 1) s$est.std <- NULL
  p <- merge(p, s[, intersect(c("lhs", "op", "rhs", "group", "level", "est.std"), names(s))], sort = FALSE)
  keep <- intersect(c("lhs", "op", "rhs", "group", "level", "est", "se", "est.std"), names(p))
  names(p)[names(p) == "est.std"] <- "std.all"
  keep[keep == "est.std"] <- "std.all"
  list(converged = lavInspect(fit, "converged"), n_total = lavInspect(fit, "ntotal"), fit = as.list(m),
    parameters = p[p$op != "==", keep])
}
change <- function(less, more) {
  t <- lavTestLRT(less, more)
  list(chisq_diff = t[["Chisq diff"]][2], df_diff = t[["Df diff"]][2], p = t[["Pr(>Chisq)"]][2])
}
ladder <- function(fits) {
  list(steps = lapply(fits, block),
    comparisons = lapply(seq_along(fits)[-1], function(k) change(fits[[k - 1]], fits[[k]])))
}

M <- "f1 =~ q1 + q2 + q3 + q4\nf2 =~ q5 + q6 + q7 + q8"
equal <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"),
  strict = c("loadings", "intercepts", "residuals"))
by_arm <- function(...) ladder(lapply(equal, function(e) cfa(M, survey, group = "arm", group.equal = e, ...)))

path <- "f1 =~ q1 + q2 + q3 + q4\nf2 =~ q5 + q6 + q7 + q8\nf2 ~ b*f1\nq1 ~~ c*q2\nq5 ~~ q6\ntwice := 2*b + c^2\nf1 ~~ v*f1\nr2 := b^2*v"
fixed <- "f1 =~ NA*q1 + l*q2 + l*q3 + 0.7*q4\nf1 ~~ 1*f1\nf2 =~ q5 + 0.9*q6 + start(0.5)*q7 + q8\nf1 ~~ 0*f2\nq1 ~ 0*1"
survey$new <- as.numeric(survey$arm == "new")
mimic <- "f1 =~ q1 + q2 + q3 + q4\nf2 =~ q5 + q6 + q7 + q8\nf1 + f2 ~ new"
second <- "f1 =~ q1 + q2 + q3\nf2 =~ q4 + q5 + q6\nf3 =~ q7 + q8\ng =~ f1 + f2 + f3"
two_level <- "level: 1\nfw =~ q1 + q2 + q3 + q4\nlevel: 2\nfb =~ q1 + q2 + q3 + q4"

items <- paste0("x", 1:6)
wave_text <- function(level) {
  w <- 0:2
  out <- character(0)
  for (f in 1:2) for (k in w) {
    own <- items[(f - 1) * 3 + 1:3]
    lab <- if (level >= 1) paste0("l", own, "*") else rep("", 3)
    lab[1] <- "1*"
    out <- c(out, sprintf("f%d_T%d =~ %s", f, k, paste0(lab, own, "_T", k, collapse = " + ")))
    out <- c(out, sprintf("f%d_T%d ~ %s*1", f, k, if (level >= 2 && k > 0) "NA" else "0"))
  }
  for (x in items) {
    for (k in w) {
      out <- c(out, sprintf("%s_T%d ~ %s1", x, k, if (level >= 2) paste0("i", x, "*") else ""))
      out <- c(out, sprintf("%s_T%d ~~ %s%s_T%d", x, k, if (level >= 3) paste0("r", x, "*") else "", x, k))
    }
    out <- c(out, sprintf("%s_T0 ~~ %s_T1 + %s_T2", x, x, x), sprintf("%s_T1 ~~ %s_T2", x, x))
  }
  paste(out, collapse = "\n")
}
over_waves <- function(...) {
  fits <- lapply(0:3, function(level) cfa(wave_text(level), waves, meanstructure = TRUE, ...))
  names(fits) <- names(equal)
  ladder(fits)
}

ordered_waves <- read.csv("factor_ordered_waves.csv")
ordered_text <- function(level) {
  out <- character(0)
  for (f in 1:2) for (k in 0:2) {
    own <- items[(f - 1) * 3 + 1:3]
    lab <- if (level >= 1) paste0("l", own, "*") else rep("", 3)
    lab[1] <- "1*"
    out <- c(out, sprintf("f%d_T%d =~ %s", f, k, paste0(lab, own, "_T", k, collapse = " + ")))
    out <- c(out, sprintf("f%d_T%d ~ %s*1", f, k, if (level >= 2 && k > 0) "NA" else "0"))
  }
  for (x in items) {
    for (k in 0:2) {
      lab <- if (level >= 2) sprintf("t%d%s*", 1:3, x) else rep("", 3)
      out <- c(out, sprintf("%s_T%d | %s", x, k, paste0(lab, "t", 1:3, collapse = " + ")))
      out <- c(out, sprintf("%s_T%d ~*~ %s*%s_T%d", x, k, if (level >= 2 && k > 0) "NA" else "1", x, k))
    }
    out <- c(out, sprintf("%s_T0 ~~ %s_T1 + %s_T2", x, x, x), sprintf("%s_T1 ~~ %s_T2", x, x))
  }
  paste(out, collapse = "\n")
}
over_ordered_waves <- lapply(0:2, function(level) cfa(ordered_text(level), ordered_waves, ordered = names(ordered_waves)))
names(over_ordered_waves) <- names(equal)[1:3]

ordered <- lapply(equal[1:3], function(e) {
  e[e == "intercepts"] <- "thresholds"
  cfa(M, survey, group = "arm", group.equal = e, ordered = paste0("q", 1:8))
})
one <- cfa("f =~ q1 + q2 + q3 + q4", survey, std.lv = TRUE)

result <- list(
  schema = "oracle-extra-1", case = "factor_models", script = "factor_models.R",
  software = list(R = R.version.string, lavaan = as.character(packageVersion("lavaan"))),
  models = list(
    ml = block(cfa(M, survey)),
    mlr = block(cfa(M, survey, estimator = "MLR")),
    mlr_cluster = block(cfa(M, survey, estimator = "MLR", cluster = "team")),
    fiml = block(cfa(M, survey, missing = "fiml")),
    fiml_mlr = block(cfa(M, survey, missing = "fiml", estimator = "MLR")),
    fiml_mlr_cluster = block(cfa(M, survey, missing = "fiml", estimator = "MLR", cluster = "team")),
    path = block(cfa(path, survey)),
    path_mlr = block(cfa(path, survey, estimator = "MLR")),
    fixed = block(cfa(fixed, survey, meanstructure = TRUE)),
    mimic = block(cfa(mimic, survey)),
    second_order = block(cfa(second, survey)),
    std_lv_groups = block(cfa(M, survey, group = "arm", std.lv = TRUE, group.equal = "loadings")),
    equal_everything = block(cfa(M, survey, group = "arm", group.equal = c("loadings", "intercepts", "residuals",
      "lv.variances", "lv.covariances", "means"))),
    two_level = block(cfa(two_level, survey, cluster = "team")),
    wlsmv = block(cfa(M, survey, ordered = paste0("q", 1:8)))
  ),
  ladders = list(
    ml = by_arm(),
    mlr_cluster = by_arm(estimator = "MLR", cluster = "team"),
    fiml_mlr_cluster = by_arm(estimator = "MLR", missing = "fiml", cluster = "team"),
    wlsmv = ladder(ordered),
    waves_wlsmv = ladder(over_ordered_waves),
    waves_ml = over_waves(),
    waves_fiml = over_waves(missing = "fiml"),
    waves_fiml_mlr_cluster = over_waves(missing = "fiml", estimator = "MLR", cluster = "team")
  ),
  modification_indices = modindices(cfa(M, survey), sort. = TRUE)[1:10, c("lhs", "op", "rhs", "mi", "epc")],
  modification_indices_groups = modindices(cfa(M, survey, group = "arm", group.equal = c("loadings", "intercepts")),
    sort. = TRUE)[1:10, c("lhs", "op", "rhs", "group", "mi", "epc")],
  factor_scores_fiml = unname(as.data.frame(lavPredict(cfa(M, survey, missing = "fiml"))[1:8, ])),
  one_factor = list(n = lavInspect(one, "ntotal"), cov = unclass(lavInspect(one, "sampstat")$cov),
    estimate = unname(coef(one)), vcov = unname(unclass(vcov(one))), chisq = unname(fitMeasures(one, "chisq")))
)
write(toJSON(result, digits = NA, auto_unbox = TRUE, na = "null", null = "null", dataframe = "rows"),
  "factor_models.json")
