"""Published claims about distillation, rebuilt in miniature and judged by criteria fixed beforehand."""
