"""Where the centre answers: districts, towns and villages, houses."""

import re
from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast, Mod
from django.utils.translation import gettext_lazy as _

# Between a number and the letters after it a word ends: «20к1» is found by «20» and by «к1».
_NUMBER_ENDS = re.compile(r"([0-9])([a-zа-я])")
# No address has more, or longer ones.
MOST_WORDS = 16
LONGEST_WORD = 60
_WORDS = re.compile(r"[0-9a-zа-я]+")


class District(models.Model):
    """A municipal or a city district (район): suppliers and municipal services answer by it."""

    name = models.CharField(_("название"), max_length=120, unique=True)

    class Meta:
        verbose_name = _("район")
        verbose_name_plural = _("районы")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Locality(models.Model):
    """A town or village of the oblast (населённый пункт), with the code that its five-digit numbers take."""

    name = models.CharField(_("название"), max_length=120)
    district = models.ForeignKey(
        District, models.PROTECT, null=True, blank=True, related_name="localities", verbose_name=_("район")
    )
    area_code = models.CharField(_("телефонный код"), max_length=5, blank=True)

    class Meta:
        verbose_name = _("населённый пункт")
        verbose_name_plural = _("населённые пункты")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "district"],
                name="locality_once",
                nulls_distinct=False,
                violation_error_message=_("Такой населённый пункт в этом районе уже есть."),
            )
        ]

    def __str__(self) -> str:
        return self.name


def _words(field: str) -> Func:
    """The words of an address, as ``words_of`` makes them."""
    apart = Func(F(field), Value(_NUMBER_ENDS.pattern), Value(r"\1 \2"), Value("g"), function="regexp_replace")
    words = Func(apart, Value("[^0-9a-zа-я]+"), function="regexp_split_to_array")
    return Func(
        Func(words, Value(""), function="array_remove"), function="array_to_tsvector", output_field=SearchVectorField()
    )


class BuildingQuerySet(models.QuerySet["Building"]):
    def search(self, text: str) -> Self:
        """Houses whose address has, for every typed word, a word that begins so; «е» and «ё» are one letter."""
        words = words_of(text)
        if not words:
            return self
        asked = SearchQuery(" & ".join(f"{word}:*" for word in words), config="simple", search_type="raw")
        return self.alias(words=_words("search_text")).filter(words=asked)

    def with_locality(self) -> Self:
        return self.select_related("locality")

    def in_district(self, district: District) -> Self:
        """A city's own district outweighs that of the locality."""
        return self.filter(Q(district=district) | Q(district=None, locality__district=district))

    def in_range(self, first: int | None, last: int | None, parity: str) -> Self:
        """Houses of these numbers on that side of the street: «20к1» counts as 20."""
        found = self
        if first is not None:
            found = found.filter(house_number__gte=first)
        if last is not None:
            found = found.filter(house_number__lte=last)
        if parity in ("even", "odd"):
            found = found.alias(rest=Mod(F("house_number"), 2)).filter(rest=0 if parity == "even" else 1)
        return found

    def at_address(self, *, street: str, house: str, locality: str = "") -> "Building | None":
        """The one house that a typed address means, whatever «ул.», capitals and «ё» it came with; None when unsure."""
        from companies.addresses import house_at

        return house_at(street=street, house=house, locality=locality)


class Building(models.Model):
    """A house of the register (дом)."""

    locality = models.ForeignKey(Locality, models.PROTECT, related_name="buildings", verbose_name=_("населённый пункт"))
    # A city's own district; where there is none, that of the locality counts.
    district = models.ForeignKey(
        District, models.PROTECT, null=True, blank=True, related_name="buildings", verbose_name=_("район города")
    )
    street = models.CharField(_("улица"), max_length=150)
    house = models.CharField(_("дом"), max_length=20)
    # The number that ranges of a street are compared with: 20 of «20к1», nothing of «б/н».
    house_number = models.GeneratedField(
        expression=Cast(Func(F("house"), Value("^[0-9]{1,9}"), function="substring"), models.IntegerField()),
        output_field=models.IntegerField(_("номер дома"), null=True),
        db_persist=True,
    )
    entrances = models.PositiveSmallIntegerField(_("подъездов"), null=True, blank=True)
    floors = models.PositiveSmallIntegerField(_("этажей"), null=True, blank=True)
    flats = models.PositiveSmallIntegerField(_("квартир"), null=True, blank=True)
    built_year = models.PositiveSmallIntegerField(_("год постройки"), null=True, blank=True)
    latitude = models.DecimalField(_("широта"), max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(_("долгота"), max_digits=9, decimal_places=6, null=True, blank=True)
    # How the register that it came from calls it, so that a second reading finds it again.
    register_code = models.CharField(_("код в исходном реестре"), max_length=64, blank=True)
    search_text = models.CharField(max_length=320, editable=False, default="")

    objects = BuildingQuerySet.as_manager()

    class Meta:
        verbose_name = _("дом")
        verbose_name_plural = _("дома")
        ordering = ["street", "house"]
        constraints = [
            models.UniqueConstraint(
                fields=["locality", "street", "house"],
                name="building_once",
                violation_error_message=_("Такой дом уже есть в реестре."),
            ),
            models.CheckConstraint(condition=~Q(street="") & ~Q(house=""), name="building_address_not_blank"),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None)
                | Q(
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                    latitude__isnull=False,
                    longitude__isnull=False,
                ),
                name="building_has_both_coordinates",
                violation_error_message=_("Нужны обе координаты: широта и долгота в градусах."),
            ),
            models.UniqueConstraint(
                fields=["register_code"],
                condition=~Q(register_code=""),
                name="building_code_once",
                violation_error_message=_("Дом с таким кодом исходного реестра уже есть."),
            ),
        ]
        indexes = [
            models.Index(fields=["street", "locality"], name="building_by_street"),
            models.Index(fields=["locality", "street", "house_number"], name="building_by_number"),
            GinIndex(_words("search_text"), name="building_by_words"),
        ]

    def __str__(self) -> str:
        return f"{self.locality}, {self.street}, {self.house}"

    def save(self, *args: object, **kwargs: object) -> None:
        self.search_text = search_text_of(self.locality.name, self.street, self.house)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


def search_text_of(locality: str, street: str, house: str) -> str:
    """What address search reads: lower case, ё as е. Loaders that skip ``save()`` fill it by this."""
    return f" {locality} {street} {house} ".lower().replace("ё", "е")


def words_of(text: str) -> list[str]:
    """What was typed, in the words that the column of the houses' addresses holds."""
    words = _WORDS.findall(_NUMBER_ENDS.sub(r"\1 \2", text.lower().replace("ё", "е")))
    return [word[:LONGEST_WORD] for word in words[:MOST_WORDS]]
