"""Landing: rows become typed, sorted, content-addressed Parquet files that never change."""
