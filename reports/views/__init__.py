"""The faces of the reports: the overview and its lists, what each organisation reads of itself."""
