"""Many reports: columnar tables in one versioned folder, and what is asked of them."""
