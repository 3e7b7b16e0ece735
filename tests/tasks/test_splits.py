from angelshare.tasks.splits import part


def test_the_share_of_test_prompts_is_what_was_asked_for():
    tests = sum(part(f"prompt {k}", 0.2) == "test" for k in range(5000))
    assert abs(tests / 5000 - 0.2) < 0.02


def test_blanks_at_the_ends_do_not_move_a_prompt():
    assert all(part(f"  prompt {k}\n", 0.5) == part(f"prompt {k}", 0.5) for k in range(100))


def test_a_larger_share_keeps_the_smaller_ones_test_prompts():
    assert all(part(f"p{k}", 0.3) == "test" for k in range(500) if part(f"p{k}", 0.1) == "test")
