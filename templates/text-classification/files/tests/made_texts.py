"""Texts made for tests: questions, and answers, which other words and signs tell apart."""


def made_texts(count: int) -> list[tuple[str, str]]:
    """So many texts, all different, and their labels, in turn."""
    texts: list[tuple[str, str]] = []
    for number in range(count):
        subject = "abcdefghijklmnopqrstuvwxyz"[number % 26] * (1 + number // 26)
        texts.append((f"what is {subject} ?", "question") if number % 2 else (f"it is {subject} .", "answer"))
    return texts
