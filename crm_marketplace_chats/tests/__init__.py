from . import (
    test_access,
    test_apply,
    test_concurrency,
    test_hoot,
    test_pull,
    test_screen,
    test_send,
    test_settings,
    test_templates,
    test_tours,
    test_upload,
    test_webhook,
)
