# From "Notes on the NRF52840 USB DFU trigger", 2024-04-05: how its writer triggers a keyboard with pyusb.
libusb1_backend = usb.backend.libusb1.get_backend(
    find_library=lambda x: "/opt/homebrew/lib/libusb-1.0.0.dylib"
)

dev = usb.core.find(idVendor=0x05AC, idProduct=0x0256, backend=libusb1_backend)

bmRequestType = usb.util.build_request_type(
    usb.util.CTRL_OUT, usb.util.CTRL_TYPE_CLASS, usb.util.CTRL_RECIPIENT_DEVICE
)

try:
    dev.ctrl_transfer(bmRequestType, 0x00, timeout=1)
except usb.core.USBError:
    pass
