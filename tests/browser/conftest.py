"""A real Chromium on the running site."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from commitments.models import User

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en",
]
PATIENCE = 15  # seconds


class Screen:
    """What an officer does with a browser."""

    def __init__(self, driver: webdriver.Chrome, site: str) -> None:
        self.driver = driver
        self.site = site

    def open(self, address: str) -> None:
        self.driver.get(self.site + address)

    def sign_in(self, user: User) -> None:
        client = Client()
        client.force_login(user)
        self.open("/login/")
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.driver.add_cookie({"name": cookie.key, "value": cookie.value})

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def press(self, words: str) -> None:
        """The visible button, link or summary that says `words`."""
        path = f"//*[self::a or self::button or self::summary or self::label][normalize-space()='{words}']"
        found = next(e for e in self.driver.find_elements(By.XPATH, path) if e.is_displayed())
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
        found.click()

    def keys(self, *keys: str) -> None:
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def wait_for(self, words: str) -> None:
        self.wait_until(lambda: words in self.text())

    def wait_until(self, true: Callable[[], bool]) -> None:
        """Also while one page makes room for the next, when there is nothing to be found."""
        patient = WebDriverWait(self.driver, PATIENCE, ignored_exceptions=[WebDriverException])
        patient.until(lambda _driver: true())

    def text(self) -> str:
        return " ".join(self.find("body").text.split())

    def focused(self) -> WebElement:
        return self.driver.switch_to.active_element

    def size(self, width: int, height: int = 900) -> None:
        self.driver.set_window_size(width, height)

    def complaints(self) -> list[str]:
        """What the browser refused or failed to load since it was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    os.environ["SE_OFFLINE"] = "true"
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in FLAGS:
        options.add_argument(flag)
    profile: Path = tmp_path_factory.mktemp("profile")
    options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    yield chrome
    chrome.quit()


@pytest.fixture
def screen(driver: webdriver.Chrome, live_server: LiveServer) -> Iterator[Screen]:
    made = Screen(driver, live_server.url)
    made.size(1280)
    made.open("/login/")
    made.complaints()
    yield made
    driver.execute_script("window.localStorage.clear()")
    driver.delete_all_cookies()
