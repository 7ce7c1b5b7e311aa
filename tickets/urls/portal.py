"""Addresses of the portal."""

from django.urls import path, re_path

from tickets.views.portal import (
    answers,
    card,
    colleagues,
    foreman,
    papers,
    phones,
    photos,
    screen,
    search,
    telephone,
    tickets,
)

app_name = "portal"
NUMBER = r"(?P<number>[0-9]{2}-[0-9]{6,10})"
STEP = r"(?P<step>[a-z_]+)"
PHOTO = r"(?P<name>[0-9a-f]{32})(?P<small>\.small)?\.jpg"

urlpatterns = [
    path("", tickets.ticket_list, name="list"),
    path("search/", search.search, name="search"),
    path("screen/", screen.report, name="screen"),
    path("people/", colleagues.people, name="people"),
    path("people/invite/", colleagues.invite, name="person-invite"),
    path("people/letters/", colleagues.letters, name="letters"),
    path("people/<int:pk>/", colleagues.change, name="person"),
    path("people/<int:pk>/<slug:act>/", colleagues.act, name="person-act"),
    path("asked/<int:pk>/answer/", answers.answer, name="answer"),
    re_path(rf"^tickets/{NUMBER}/$", card.card, name="card"),
    re_path(rf"^tickets/{NUMBER}/steps/{STEP}/$", card.step, name="step"),
    re_path(rf"^tickets/{NUMBER}/give/$", card.give, name="give"),
    re_path(rf"^tickets/{NUMBER}/phone/$", phones.show, name="phone"),
    re_path(rf"^tickets/{NUMBER}/phone/ask/$", phones.ask, name="phone-ask"),
    re_path(rf"^tickets/{NUMBER}/order/$", papers.order, name="order"),
    re_path(rf"^tickets/{NUMBER}/act/$", papers.act, name="act"),
    re_path(rf"^tickets/{NUMBER}/photos/$", photos.add_photos, name="photos"),
    re_path(rf"^tickets/{NUMBER}/photos/{PHOTO}$", photos.photo, name="photo"),
    # The telephone: its service worker, and what its queue sends.
    path("worker.js", foreman.worker, name="worker"),
    path("offline/", foreman.offline, name="offline"),
    path("queue/", telephone.whose, name="queue"),
    re_path(rf"^queue/{NUMBER}/photo/$", photos.sent_photo, name="sent_photo"),
    re_path(rf"^queue/{NUMBER}/steps/{STEP}/$", telephone.sent_step, name="sent_step"),
]
