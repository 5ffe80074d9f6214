"""What every task shares: contenders, rounds, rows, goals, limits, the machine."""
