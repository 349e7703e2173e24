import pytest
from tests.factories import county as made
pytestmark=pytest.mark.django_db
def test_nul(clerk, sit_down):
    clerk.raise_request_exception=False
    out={}
    for p,d in {"/window/intake":{"item":"\0"},"/window/find":{"number":"a\0"},"/window/find#2":{"number":"x/verify/\0"},"/window/find#3":{"number":"x/track/\0"},"/window/intake/check":{"identity":"\0","kind":"person"},"/window/intake#b":{"item":made.HOUSE,"town":"\0","village":"\0","key":"\0"*9,"kind":"person","name":"a\0","outcome":"accept","kept-1":"\0","state-1":"\0","copies-1":"\0"}}.items():
        out[p]=clerk.post(p.split('#')[0],d).status_code
    print(out)
    assert max(out.values())<500
