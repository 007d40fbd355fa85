"""Reports: all that is known of a run on one page, and its traversals as files."""

from latune.report.build import build_report
from latune.report.traversals import Traversals, build_traversals

__all__ = ["Traversals", "build_report", "build_traversals"]
