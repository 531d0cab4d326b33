from . import marketplace_outcome_report, marketplace_turn_report
