"""The floor: what a bare Django project needs for the same, with no users, policy, history or checks."""
