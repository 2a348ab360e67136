//! Command-line interfaces: arguments, checked jobs, and what is printed.
