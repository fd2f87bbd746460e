"""Speed and memory of each operation, beside a bare Django project that does the same in the same run."""
