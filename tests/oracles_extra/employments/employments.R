# Survival with delayed entry by month of employment, and monthly odds of leaving by team, by the package survival.
# contracts.csv: 150 invented contracts; observed from 12 June 2025 to 30 June 2026. Run in this folder:
# Rscript employments.R
suppressMessages(library(survival))
library(jsonlite)

contracts <- read.csv("contracts.csv", na.strings = "", stringsAsFactors = FALSE)
first <- as.Date("2025-06-12")
last <- as.Date("2026-06-30")
start <- as.Date(contracts$start)
end <- as.Date(contracts$end)
seen <- (is.na(end) | end >= first) & start <= last
contracts <- contracts[seen, ]
start <- start[seen]
end <- end[seen]

month <- function(d) as.integer(format(d, "%Y")) * 12L + as.integer(format(d, "%m"))
left <- !is.na(end) & end <= last
until <- end
until[!left] <- last
entry <- month(pmax(start, first)) - month(start)  # months employed when observation began
exit <- month(until) - month(start) + 1L           # the month of the event ends the interval

fit <- survfit(Surv(entry, exit, left) ~ 1)
at <- fit$n.event > 0

# The same persons month by month; leaving in a month as a logistic regression on the team.
data <- data.frame(entry, exit, left = as.integer(left), team = contracts$team)
months <- survSplit(Surv(entry, exit, left) ~ team, data, cut = 0:max(exit), episode = "month")
odds <- glm(left ~ team, family = binomial, data = months)

write_json(list(
  package = paste("survival", packageVersion("survival")),
  n = nrow(contracts), n_months = nrow(months), n_left = sum(months$left),
  months_employed = fit$time[at] - 1, at_risk = fit$n.risk[at], left = fit$n.event[at], survival = fit$surv[at],
  log_odds_north = unname(coef(odds)[1]), log_odds_ratio_south = unname(coef(odds)[2])
), "employments.json", digits = 12, auto_unbox = TRUE, pretty = TRUE)
