"""Addresses of the portal."""

from django.urls import path, re_path

from tickets.views.portal import answers, card, foreman, photos, telephone, tickets

app_name = "portal"
NUMBER = r"(?P<number>[0-9]{2}-[0-9]{6,10})"
STEP = r"(?P<step>[a-z_]+)"
PHOTO = r"(?P<name>[0-9a-f]{32})(?P<small>\.small)?\.jpg"

urlpatterns = [
    path("", tickets.ticket_list, name="list"),
    path("asked/<int:pk>/answer/", answers.answer, name="answer"),
    re_path(rf"^tickets/{NUMBER}/$", card.card, name="card"),
    re_path(rf"^tickets/{NUMBER}/steps/{STEP}/$", card.step, name="step"),
    re_path(rf"^tickets/{NUMBER}/give/$", card.give, name="give"),
    re_path(rf"^tickets/{NUMBER}/photos/$", photos.add_photos, name="photos"),
    re_path(rf"^tickets/{NUMBER}/photos/{PHOTO}$", photos.photo, name="photo"),
    # The telephone: its service worker, and what its queue sends.
    path("worker.js", foreman.worker, name="worker"),
    path("offline/", foreman.offline, name="offline"),
    path("queue/", telephone.whose, name="queue"),
    re_path(rf"^queue/{NUMBER}/photo/$", photos.sent_photo, name="sent_photo"),
    re_path(rf"^queue/{NUMBER}/steps/{STEP}/$", telephone.sent_step, name="sent_step"),
]
