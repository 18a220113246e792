"""`./pc bench`: how fast the platform is, measured on a platform of its own and compared with its targets.

A bench is a module of `benches/` with a function `measure(stage)` that yields figures; `registry` names them. CPU is read
from /proc by process, so that it holds on a busy machine too; times that people wait are worth reading on a quiet one only.
"""
