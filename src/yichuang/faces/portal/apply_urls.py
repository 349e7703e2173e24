"""Addresses of an application from home. The secret stands in the path, nothing of the person does."""

from django.urls import path

from yichuang.faces.portal.views import apply, apply_after, apply_finish, apply_materials, bundles

urlpatterns = [
    path("items/<str:code>/apply", apply.start, name="apply"),
    path("chains/<str:code>/apply", bundles.start, name="bundle-start"),
    path("apply/<str:code>/steps", bundles.steps, name="bundle-steps"),
    path("apply/<str:code>", apply.resume, name="apply-resume"),
    path("apply/<str:code>/link", apply.link, name="apply-link"),
    path("apply/<str:code>/drop", apply.drop, name="apply-drop"),
    path("apply/<str:code>/changes", apply.changes, name="apply-changes"),
    path("apply/<str:code>/stop", apply.stop, name="apply-stop"),
    path("apply/<str:code>/materials", apply_materials.materials, name="apply-materials"),
    path("apply/<str:code>/materials/<int:seq>", apply_materials.material, name="apply-material"),
    path(
        "apply/<str:code>/materials/<int:seq>/promise",
        apply_materials.promise,
        name="apply-promise",
    ),
    path(
        "apply/<str:code>/materials/<int:seq>/uploads",
        apply_materials.begin_upload,
        name="apply-uploads",
    ),
    path(
        "apply/<str:code>/materials/<int:seq>/uploads/<uuid:upload_id>",
        apply_materials.piece,
        name="apply-piece",
    ),
    path(
        "apply/<str:code>/materials/<int:seq>/uploads/<uuid:upload_id>/finish",
        apply_materials.finish_upload,
        name="apply-finish-upload",
    ),
    path("apply/<str:code>/files/<uuid:file_id>", apply_materials.file, name="apply-file"),
    path("apply/<str:code>/check", apply_finish.check, name="apply-check"),
    path("apply/<str:code>/confirm", apply_finish.confirm, name="apply-confirm"),
    path("apply/<str:code>/done", apply_finish.done, name="apply-done"),
    path("apply/<str:code>/<str:slug>", apply.step, name="apply-step"),
    path("track/<str:code>/supply", apply_after.supply, name="supply"),
    path("track/<str:code>/withdraw", apply_after.withdraw, name="withdraw"),
]
