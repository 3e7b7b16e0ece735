"""The canonical request table and the account-day sketch: names, types and units of every column."""

from __future__ import annotations

import pyarrow as pa

RFF = 64
"""Random Fourier features per request: their mean over any set of accounts is a sum of sums."""
BINS = 144
"""Ten-minute bins of a day."""

REQUESTS = pa.schema(
    [
        pa.field("ts", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("request_id", pa.string(), nullable=False),
        pa.field("account_id", pa.string(), nullable=False),
        pa.field("org_id", pa.string()),
        pa.field("api_key_id", pa.string()),
        pa.field("end_user_id", pa.string()),
        pa.field("session_id", pa.string()),
        pa.field("provider", pa.string()),
        pa.field("model", pa.string(), nullable=False),
        pa.field("operation", pa.string()),
        pa.field("status", pa.int32()),
        pa.field("input_tokens", pa.int64()),
        pa.field("output_tokens", pa.int64()),
        pa.field("reasoning_tokens", pa.int64()),
        pa.field("cached_tokens", pa.int64()),
        pa.field("latency_ms", pa.float64()),
        pa.field("ttft_ms", pa.float64()),
        pa.field("temperature", pa.float64()),
        pa.field("top_p", pa.float64()),
        pa.field("seed", pa.int64()),
        pa.field("n_choices", pa.int32()),
        pa.field("max_tokens", pa.int64()),
        pa.field("logprobs", pa.bool_()),
        pa.field("stream", pa.bool_()),
        pa.field("tools_n", pa.int32()),
        pa.field("finish_reason", pa.string()),
        pa.field("ip_prefix", pa.string()),
        pa.field("asn", pa.int64()),
        pa.field("country", pa.string()),
        pa.field("user_agent_hash", pa.string()),
        pa.field("payment_hash", pa.string()),
        pa.field("email_domain_hash", pa.string()),
        pa.field("plan", pa.string()),
        pa.field("account_created_at", pa.timestamp("us", tz="UTC")),
        pa.field("skeleton", pa.int64()),
        pa.field("simhash", pa.int64()),
        pa.field("cot", pa.bool_()),
        pa.field("rubric", pa.bool_()),
        pa.field("language", pa.string()),
        pa.field("capability", pa.string()),
        pa.field("prompt_chars", pa.int64()),
        pa.field("rff", pa.list_(pa.float32())),
    ]
)
"""One row per request, text never among them. `skeleton` and `simhash` are keyed with the operator's key; addresses
are /24 or /48 prefixes or keyed hashes; `rff` has `RFF` entries or is null without text."""
