"""The scorers, one file each, all under the contract of ``recsys.base.Model``."""
