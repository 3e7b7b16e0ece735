import pytest

from angelshare.models.endpoint import EndpointModel
from angelshare.models.secrets import secret_name, secret_value, secrets_in


@pytest.mark.parametrize(
    "name",
    [
        "api_key", "apiKey", "APIKEY", "X-Api-Key", "Ocp-Apim-Subscription-Key", "key", "private_key", "secret_key",
        "Authorization", "X-Auth", "auth_token", "token", "accessToken", "hf_token", "X-Amz-Security-Token", "secret",
        "client_secret", "password", "db_password", "passphrase", "credentials", "Cookie",
    ],
)  # fmt: skip
def test_a_name_that_secrets_go_by_is_known(name):
    assert secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "prompt_cache_key", "safety_key_frames", "keyword", "monkey", "max_completion_tokens", "stop_token_ids", "eos_token",
        "pad_token", "token_healing", "skip_special_tokens", "min_tokens", "author", "authors", "signal", "design",
        "reasoning_effort", "service_tier", "top_k", "include_stop_str_in_output",
    ],
)  # fmt: skip
def test_a_name_that_only_shares_a_word_with_a_secret_passes(name):
    assert not secret_name(name)


@pytest.mark.parametrize(
    "text",
    [
        "sk-" + "a1B2" * 8, "sk-proj-" + "x" * 24, "Bearer " + "abcdefgh1234", "hf_" + "Q" * 30, "ghp_" + "z9" * 18,
        "AKIA" + "ABCD1234" * 2, "eyJhbGciOiJI" + ".eyJzdWIiOiIx" + ".sig-natu_re",
    ],
)  # fmt: skip
def test_a_value_with_the_shape_of_a_key_is_known(text):
    assert secret_value(text)


@pytest.mark.parametrize(
    "text",
    ["audit-2026-11", "5541a08f107565d4534306c1554f9af8", "task-classification-of-long-documents", "low", "", "sk-1",
     "6f1b1c1e-8c8f-4c8e-9d55-0f3a7c1b2d3e", "The bearer of news"],
)  # fmt: skip
def test_a_cache_key_a_hash_or_a_phrase_is_no_secret(text):
    assert not secret_value(text)


def test_a_switch_is_no_secret_whatever_it_is_called_and_values_are_never_shown():
    body = {"auth": True, "token": None, "deep": [{"note": "sk-" + "a" * 20}, {"password": "pw"}]}
    assert list(secrets_in(body)) == ["note", "password"]


def test_an_endpoint_takes_harmless_fields_of_the_request():
    extra = {"prompt_cache_key": "audit-7", "max_completion_tokens": 64, "metadata": {"author": "A. Person"}}
    EndpointModel("http://127.0.0.1:1/v1", "m", extra=extra)
