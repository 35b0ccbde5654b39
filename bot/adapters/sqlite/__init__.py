"""Everything that speaks SQL. Open it through `database.Database`."""
