"""Who asks, and whom a device means."""

from appshare.relation_radar.model import BookContact, Device, DialledNumber, NumberKey, OneDevice, Person
from appshare.relation_radar.numbers import NumberKeys, read_number
from appshare.relation_radar.refusals import device_not_registered
from appshare.relation_radar.store import RadarStore


class People:
    """Turns what a device says of people into devices and numbers."""

    def __init__(self, store: RadarStore, number_keys: NumberKeys) -> None:
        self._store = store
        self._number_keys = number_keys

    async def require_device(self, device_id: str) -> Device:
        """The device that asks.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
        """
        device = await self._store.find_device(device_id)
        if device is None:
            raise device_not_registered()
        return device

    async def require_with_other(self, device_id: str, other_id: str) -> tuple[Device, Device | None]:
        """The device that asks, and another one, if it is registered; in one look-up, whether or not it is.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND, for the asking device.
        """
        found = {each.device_id: each for each in await self._store.devices_with_ids({device_id, other_id})}
        if device_id not in found:
            raise device_not_registered()
        return found[device_id], found.get(other_id)

    def number(self, device: Device, number: str) -> NumberKey:
        """The key of a number as dialled by a device.

        Raises:
            errors.InvalidArgumentError: INVALID_PHONE_NUMBER, when it cannot be read.
        """
        return self._number_keys.key(read_number(number, device.region, field="person.number"))

    async def numbers(self, device: Device, person: Person) -> list[NumberKey]:
        """The numbers of whom a device means; none for a contact that it has not, or a device that is not registered.

        Raises:
            errors.InvalidArgumentError: INVALID_PHONE_NUMBER, when the number cannot be read.
        """
        match person:
            case DialledNumber(number):
                return [self.number(device, number)]
            case BookContact(contact_id):
                return await self._store.numbers_of_contact(device, contact_id)
            case OneDevice(device_id):
                other = await self._store.find_device(device_id)
                return [other.number_key] if other else []
