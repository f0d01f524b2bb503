# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""The names of the package for type checkers, which can't see that a module is loaded when its first name is used."""

from . import backend as backend
from . import control as control
from . import core as core
from . import testing as testing
from . import util as util
from .context import Context as Context
from .context import devices as devices
from .context import find as find
from .context import get_default_context as get_default_context
from .context import wait as wait
from .core import USBError as USBError
from .device import Device as Device
from .device import DfuDescriptor as DfuDescriptor
from .device import Holder as Holder
from .device import Interface as Interface
from .device import DeviceList as DeviceList
from .device import Node as Node
from .enums import Check as Check
from .enums import DeviceEvent as DeviceEvent
from .enums import DfuAttribute as DfuAttribute
from .enums import Erase as Erase
from .enums import FaultKind as FaultKind
from .enums import FormatTrait as FormatTrait
from .enums import Link as Link
from .enums import LogLevel as LogLevel
from .enums import Mode as Mode
from .enums import RecordEvent as RecordEvent
from .enums import ReportType as ReportType
from .enums import Restart as Restart
from .enums import State as State
from .enums import Verified as Verified
from .enums import Verify as Verify
from .errors import AccessError as AccessError
from .errors import AmbiguousError as AmbiguousError
from .errors import BusyError as BusyError
from .errors import CancelledError as CancelledError
from .errors import DeviceError as DeviceError
from .errors import Error as Error
from .errors import GoneError as GoneError
from .errors import ImageError as ImageError
from .errors import MismatchError as MismatchError
from .errors import NoMemoryError as NoMemoryError
from .errors import NotFoundError as NotFoundError
from .errors import ProtocolError as ProtocolError
from .errors import TimeoutError as TimeoutError
from .errors import TransferError as TransferError
from .errors import UnsupportedError as UnsupportedError
from .errors import UsageError as UsageError
from .errors import VerifyError as VerifyError
from .handle import Handle as Handle
from .image import Fact as Fact
from .image import Format as Format
from .image import Image as Image
from .image import Segment as Segment
from .image import families as families
from .image import formats as formats
from .protocol import Protocol as Protocol
from .protocol import protocols as protocols
from .session import Outcome as Outcome
from .session import Progress as Progress
from .session import Session as Session
from .session import Step as Step
from .virtual import Model as Model
from .virtual import Record as Record
from .virtual import Virtual as Virtual
from .virtual import VirtualDevice as VirtualDevice
from .virtual import models as models

__version__: str
library_version: str

__all__ = [
    "AccessError", "AmbiguousError", "BusyError", "CancelledError", "Check", "Context", "Device", "DeviceError",
    "DeviceEvent", "DeviceList", "DfuAttribute", "DfuDescriptor", "Erase", "Error", "Fact", "FaultKind", "Format",
    "FormatTrait", "GoneError", "Handle", "Holder", "Image", "ImageError", "Interface", "Link", "LogLevel",
    "MismatchError", "Mode", "Model", "NoMemoryError", "Node", "NotFoundError", "Outcome", "Progress",
    "Protocol", "ProtocolError", "Record", "RecordEvent", "ReportType", "Restart", "Segment", "Session", "State", "Step",
    "TimeoutError", "TransferError", "USBError", "UnsupportedError", "UsageError", "Verified", "Verify",
    "VerifyError", "Virtual", "VirtualDevice", "__version__", "devices", "families", "find", "formats",
    "get_default_context", "library_version", "models", "protocols", "wait"
]
