//! The function that describes the API.

use super::*;
use functions::docs;

#[tokio::test]
async fn the_description_asks_for_nothing() {
    let world = World::new().await;
    for (path, status) in [
        (docs::PATH, 200),
        (docs::PAGE_PATH, 302),
        ("/api/docs/index.html", 200),
        ("/api/problems/phone_busy", 200),
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = docs::router(world.app.clone()).oneshot(request).await;
        assert_eq!(answer.unwrap().status(), status, "{path}");
    }
    assert_eq!(world.asked.take(), BTreeSet::new());
}
