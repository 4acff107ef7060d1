"""`appshare contacts`."""

import codecs
from dataclasses import asdict, replace
from pathlib import Path

import click

from appshare import errors
from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output
from appshare.device_agent.address_book import AddressBook, change_between, for_cloud, updated
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client
from appshare.device_agent.model import SyncedBook
from appshare.device_agent.vcards import CardFile, read_cards
