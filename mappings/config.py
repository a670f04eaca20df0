"""The shape of `mappings/systems/*.yaml`. docs/mappings.md explains it to those who write it."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, model_validator

from mappings.vocabulary import DeliveryKind, State

EventName = Literal[
    "Submission",
    "StatusChanged",
    "Urged",
    "Complained",
    "CalledBack",
    "Rated",
    "Supplemented",
    "Withdrawn",
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class AsTable(_Part):
    """The transform is chosen by another field, through a code table of transforms."""

    from_: StrictStr = Field(alias="from")
    code: StrictStr


class Spec(_Part):
    """Where one field's value comes from: exactly one of `from`, `value`, `text`; then how it is read."""

    from_: StrictStr | None = Field(None, alias="from")
    value: StrictBool | StrictInt | StrictStr | None = None
    text: StrictStr | None = None
    when: StrictStr | None = None
    as_: StrictStr | AsTable | None = Field(None, alias="as")
    code: StrictStr | None = None
    default: StrictBool | StrictInt | StrictStr | None = None
    required: StrictBool = False
    or_: StrictStr | Spec | list[StrictStr] | None = Field(None, alias="or")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum(part is not None for part in (self.from_, self.value, self.text)) != 1:
            raise ValueError("from、value、text 三者须且只能写一个")
        return self


class Rule(_Part):
    """Which messages make which event, and of what."""

    when: StrictStr | None = None
    emit: EventName
    fields: dict[str, StrictStr | Spec]


class SharedConfig(_Part):
    """Fields that both we and the system write."""

    fields: list[StrictStr] = Field(min_length=1)
    when: StrictStr


class EchoConfig(_Part):
    """How our own writing is known again when it comes back."""

    push_id: StrictStr
    fields: dict[str, StrictStr] = Field(min_length=1)
    touched: list[StrictStr] = Field(default_factory=list)  # what else our writing changes in a record
    shared: list[SharedConfig] = Field(default_factory=list)  # what it changes only when it says it


class Tell(_Part):
    """One way to tell the system something."""

    kinds: list[DeliveryKind] = Field(min_length=1)
    states: list[State] | None = None
    when: StrictStr | None = None
    operation: StrictStr
    body: dict[str, StrictStr | Spec] = Field(default_factory=dict)


class OutboundConfig(_Part):
    """What a system is told. The first rule that fits is taken; none fits: the system is not told."""

    when: StrictStr | None = None
    always: dict[str, StrictStr | Spec] = Field(default_factory=dict)
    tell: list[Tell] = Field(min_length=1)


class SystemFile(_Part):
    """A file of `mappings/systems/`."""

    NESTED: ClassVar[dict[str, type[BaseModel]]]

    system: StrictStr = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: StrictStr
    version: StrictInt = Field(ge=1)
    kind: Literal["sql", "soap", "webhook"]
    source_key: StrictStr | list[StrictStr]
    inbound: list[Rule] = Field(min_length=1)
    echo: EchoConfig | None = None
    outbound: OutboundConfig | None = None
    source: dict[str, Any] | None = None
    sink: dict[str, Any] | None = None


# For suggestions: which model's keys are allowed below which key. Fields and bodies hold Specs.
SystemFile.NESTED = {
    "inbound": Rule,
    "fields": Spec,
    "echo": EchoConfig,
    "outbound": OutboundConfig,
    "tell": Tell,
    "body": Spec,
    "always": Spec,
    "as": AsTable,
}
