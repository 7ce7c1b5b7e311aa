"""What the database refuses, each rule attacked by raw SQL as the application's own role.

The statements bypass every model and service on purpose: a rule that only code keeps is not kept.
"""
