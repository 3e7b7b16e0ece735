"""Room lineage: where did it end up."""
