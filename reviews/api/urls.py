"""The addresses of people's resources; detection adds its own."""

from django.urls import path, register_converter

from . import (
    audit,
    comments,
    corrections,
    datasets,
    decisions,
    flags,
    imports,
    items,
    members,
    queue,
    session,
    versions,
)


class Id:
    """A row's number. What cannot be one is not found, before the database is asked."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(Id, "id")

urlpatterns = [
    path("session/", session.SessionView.as_view()),
    path("datasets/", datasets.DatasetsView.as_view()),
    path("datasets/<id:dataset>/", datasets.DatasetView.as_view()),
    path("datasets/<id:dataset>/confusion/", datasets.ConfusionView.as_view()),
    path("datasets/<id:dataset>/members/", members.MembersView.as_view()),
    path("datasets/<id:dataset>/members/<id:user>/", members.MemberView.as_view()),
    path("datasets/<id:dataset>/items/", items.ItemsView.as_view()),
    path("items/<id:item>/", items.ItemView.as_view()),
    path("items/<id:item>/image/", items.ImageView.as_view()),
    path("items/<id:item>/thumbnail/", items.ThumbnailView.as_view()),
    path("items/<id:item>/flags/", flags.ReportView.as_view()),
    path("datasets/<id:dataset>/imports/", imports.ImportsView.as_view()),
    path("imports/<id:job>/", imports.ImportView.as_view()),
    path("imports/<id:job>/cancel/", imports.CancelView.as_view()),
    path("datasets/<id:dataset>/flags/", flags.FlagsView.as_view()),
    path("datasets/<id:dataset>/flags/decide/", decisions.BulkDecideView.as_view()),
    path("flags/<id:flag>/", flags.FlagView.as_view()),
    path("flags/<id:flag>/decide/", decisions.DecideView.as_view()),
    path("flags/<id:flag>/undo/", decisions.UndoView.as_view()),
    path("flags/<id:flag>/comments/", comments.CommentsView.as_view()),
    path("datasets/<id:dataset>/queue/", queue.QueueView.as_view()),
    path("datasets/<id:dataset>/corrections/", corrections.CorrectionsView.as_view()),
    path("corrections/<id:correction>/", corrections.CorrectionView.as_view()),
    path("corrections/<id:correction>/sign/", corrections.SignView.as_view()),
    path("datasets/<id:dataset>/versions/", versions.VersionsView.as_view()),
    path("versions/<id:version>/", versions.VersionView.as_view()),
    path("versions/<id:version>/diff/", versions.DiffView.as_view()),
    path("versions/<id:version>/export/", versions.ExportView.as_view()),
    path("datasets/<id:dataset>/audit/", audit.AuditView.as_view()),
]
