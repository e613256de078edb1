"""The acceptance checks that an app passes before it becomes a version."""

from app.acceptance.checks import Acceptance, Candidate, CheckReport, Preview, run_checks
from app.acceptance.evidence import Evidence
from app.acceptance.regression import ParentVersion

__all__ = ["Acceptance", "Candidate", "CheckReport", "Evidence", "ParentVersion", "Preview", "run_checks"]
