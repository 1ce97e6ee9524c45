"""What is measured, against whom, as ratios taken in one run."""
