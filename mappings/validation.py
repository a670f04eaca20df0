"""What pydantic finds wrong, in Chinese and without the value: people read it, and settings hold secrets."""

from __future__ import annotations

from typing import Any

_REASONS = {
    "missing": "缺少必填项",
    "extra_forbidden": "未知的键",
    "string_type": "应为文字（数字请加引号）",
    "string_too_short": "至少 {min_length} 个字",
    "string_too_long": "最多 {max_length} 个字",
    "string_pattern_mismatch": "写法不合要求：{pattern}",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "list_type": "应为列表",
    "tuple_type": "应为列表",
    "dict_type": "应为键值",
    "model_type": "应为键值",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "不能大于 {le}",
    "enum": "只能是 {expected} 之一",
    "literal_error": "只能是 {expected} 之一",
    "union_tag_invalid": "只能是 {expected_tags} 之一",
    "union_tag_not_found": "缺少 {discriminator}",
    "url_parsing": "应为完整的网址",
    "url_scheme": "应为 {expected_schemes} 网址",
    "url_type": "应为完整的网址",
    "url_too_long": "网址过长",
    "json_invalid": "不是合格的 JSON",
    "value_error": "{error}",  # our own validators say it in Chinese
}


def reason_of(problem: Any) -> str:
    """One of pydantic's `errors()` as a Chinese clause; what is not known here is told by its code."""
    written = _REASONS.get(problem["type"])
    if written is None:
        return f"格式不正确（{problem['type']}）"
    return written.format(**{name: _listed(name, value) for name, value in problem.get("ctx", {}).items()})


def _listed(name: str, value: Any) -> Any:
    """`'a', 'b' or 'c'` as Chinese lists are written."""
    return str(value).replace(" or ", ", ").replace("'", "").replace(", ", "、") if "expected" in name else value
