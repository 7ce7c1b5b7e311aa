"""Addresses of the desk. Telephones and names travel in bodies, never here."""

from django.urls import path, re_path

from tickets.views.desk import alarms, card, decisions, intake, queue, ring_back, roster, tickets, watch

app_name = "desk"
NUMBER = r"(?P<number>[0-9]{2}-[0-9]{6,10})"

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("new/", intake.intake, name="intake"),
    path("new/known/", intake.known, name="known"),
    path("new/settle/", intake.settle, name="settle"),
    path("new/buildings/", intake.buildings, name="buildings"),
    path("new/guide/", intake.guide, name="guide"),
    path("missed/", intake.missed, name="missed"),
    path("tickets/", tickets.tickets, name="tickets"),
    re_path(rf"^tickets/{NUMBER}/$", card.card, name="card"),
    re_path(rf"^tickets/{NUMBER}/registered/$", intake.registered, name="registered"),
    re_path(rf"^tickets/{NUMBER}/steps/(?P<step>[a-z_]+)/$", card.step, name="step"),
    path("search/", tickets.search, name="search"),
    path("callbacks/next/", queue.take_next, name="next"),
    path("callbacks/<int:pk>/", ring_back.callback, name="callback"),
    path("callbacks/<int:pk>/claim/", queue.take, name="claim"),
    path("callbacks/<int:pk>/round/", decisions.another_round, name="another_round"),
    path("callbacks/<int:pk>/notice/", decisions.notice, name="notice"),
    path("callbacks/<int:pk>/waive/", decisions.waive, name="waive"),
    path("callbacks/<int:pk>/release/", ring_back.release, name="release"),
    path("callbacks/<int:pk>/renew/", ring_back.renew, name="renew"),
    path("callbacks/<int:pk>/dial/", ring_back.dial, name="dial"),
    path("callbacks/<int:pk>/finish/", ring_back.finish, name="finish"),
    path("alarms/", alarms.alarms, name="alarms"),
    path("alarms/acknowledge/", alarms.acknowledge_chosen, name="acknowledge_chosen"),
    path("alarms/<int:pk>/acknowledge/", alarms.acknowledge, name="acknowledge"),
    path("watch/", watch.show, name="watch"),
    path("watch/check/", watch.check, name="watch-check"),
    path("roster/", roster.roster, name="roster"),
]
