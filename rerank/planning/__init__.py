"""What other numbers of samples, strategies and stopping rules would give and cost, from samples that exist."""
