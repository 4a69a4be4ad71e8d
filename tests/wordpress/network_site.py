"""A network of WordPress sites that are folders of one host, with the plugin active on all of them."""

import json
from typing import Any

import requests
from wordpress_site import BOOT, Site

PLUGIN = "escalation-bridge/escalation-bridge.php"


class Network(Site):
    """`Site`, but a network; `php_eval` and `rest` are those of its first site.

    Site 1 is the folder `/`; further ones come by `add_site`.
    """

    def start(self) -> None:
        self.database.start()
        self._make()
        self._php(str(BOOT / "network.php"), str(self.root), self.url.removeprefix("http://"))
        facts = json.loads((self.folder / "site.json").read_text())
        (self.folder / "site.json").write_text(json.dumps({**facts, "network": True}))
        for plugin in self.plugins:
            self.install_plugin(plugin)
        self.activate()
        self.serve()

    def activate(self) -> None:
        """Activate the plugin for the whole network, as its administrator does."""
        self.php_eval(
            """
            require_once ABSPATH . 'wp-admin/includes/plugin.php';
            deactivate_plugins($plugin, true, false);
            activate_plugin($plugin, '', true);""",
            plugin=PLUGIN,
        )

    def add_site(self, name: str) -> int:
        """Make the site of a folder; its id. The network's administrator is its administrator.

        Not by wpmu_create_blog, which takes the colon out of HOST:PORT in 6.1.
        """
        made = """
            $where = array('domain' => get_network()->domain, 'path' => "/$name/", 'network_id' => 1);
            $id = wp_insert_site($where + array('title' => "Shop $name", 'user_id' => 1));
            is_wp_error($id) ? exit(fwrite(STDERR, $id->get_error_message()) ? 1 : 1) : print($id);"""
        return int(self.php_eval(made, name=name))

    def on(self, blog: int, code: str, **values: Any) -> str:
        """Run PHP in the midst of one of its sites."""
        return self.php_eval(f"switch_to_blog({blog}); {code}", **values)

    def url_of(self, name: str) -> str:
        return f"{self.url}/{name}".rstrip("/")

    def login_to(self, name: str, user: str = "admin", password: str = "admin-pass") -> requests.Session:
        """Log in, with a REST nonce of that site."""
        session = self.login(user, password)
        ajax = f"{self.url_of(name)}/wp-admin/admin-ajax.php?action=rest-nonce"
        session.headers["X-WP-Nonce"] = session.get(ajax, timeout=30).text
        return session
