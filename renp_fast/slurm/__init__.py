"""Scans on a cluster: a scan and options -> the text of a Slurm job, which is submitted, watched and cancelled."""
