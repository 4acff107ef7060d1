"""What the commands of a real Android 14 phone print, shortened."""

SIGNER = "14:6d:e9:83:c5:73:06:50:d8:ee:b9:95:2f:34:fc:64:16:a0:83:42:e6:1d:be:a8:8a:04:96:b2:3f:cf:44:e5".upper()

GETPROP = """\
[dalvik.vm.heapsize]: [512m]
[persist.sys.locale]: [zh-Hans-CN]
[ro.build.version.codename]: [REL]
[ro.build.version.release]: [14]
[ro.build.version.sdk]: [34]
[ro.product.cpu.abilist]: [arm64-v8a,armeabi-v7a,armeabi]
[ro.product.manufacturer]: [Google]
[ro.product.model]: [Pixel 8]
[ro.sf.lcd_density]: [420]
"""

PACKAGES = """\
package:org.appshare.sample.chat versionCode:2
package:org.example.notes versionCode:21
"""

DUMPSYS_PACKAGES = """\
Packages:
  Package [org.example.notes] (7a1c6f2):
    userId=10234
    pkg=Package{9b2 org.example.notes}
    versionCode=21 minSdk=26 targetSdk=34
    versionName=2.1
    signatures=PackageSignatures{3f0 version:2, signatures:[8ea7f4a2], past signatures:[]}
  Package [org.appshare.sample.chat] (1c2d3e4):
    userId=10235
    versionCode=2 minSdk=21 targetSdk=34
    versionName=2.0

Hidden system packages:
  Package [org.example.notes] (5e6f7a8):
    versionCode=1 minSdk=26 targetSdk=29
    versionName=1.0
"""

APP_LINKS = f"""\
  org.example.notes:
    ID: 6f1d1bd8-a9a1-4e51-96b5-2f1e1cf0c0a1
    Signatures: [{SIGNER}]
    Domain verification state:
      notes.example.org: verified
"""

SURFACE_FLINGER = """\
Build configuration: [sf HAS_CONTEXT_PRIORITY=1]
GLES: ARM, Mali-G715, OpenGL ES 3.2 v1.r40p0
GL_EXT_debug_marker GL_ARM_rgba8 GL_KHR_texture_compression_astc_ldr
"""

FEATURES = """\
feature:reqGlEsVersion=0x30002
feature:android.hardware.camera
feature:android.hardware.nfc=1
"""

ANSWERS = {
    "getprop": GETPROP,
    "wm size": "Physical size: 1080x2400\n",
    "wm density": "Physical density: 420\n",
    "settings get system system_locales": "zh-Hans-CN,en-US\n",
    "pm list features": FEATURES,
    "dumpsys SurfaceFlinger": SURFACE_FLINGER,
    "cmd package list packages -3 --show-versioncode": PACKAGES,
    "dumpsys package packages": DUMPSYS_PACKAGES,
    "pm get-app-links": APP_LINKS,
}
"""By the command as it is typed in the phone's shell."""

CONTACTS_QUERY = "content query --uri content://com.android.contacts/data/phones --projection lookup:display_name:data1"
CALLS_QUERY = "content query --uri content://call_log/calls --projection date:number:name --sort 'date DESC'"
MESSAGES_QUERY = "content query --uri content://sms/inbox --projection date:address --sort 'date DESC'"

PERSONAL = {
    CONTACTS_QUERY: (
        "Row: 0 lookup=0r1-2A4E, display_name=Li Wei, data1=+86 138 0013 8001\n"
        "Row: 1 lookup=0r1-2A4E, display_name=Li Wei, data1=+86 138 0013 8009\n"
        "Row: 2 lookup=0r2-3C5D, display_name=张敏, data1=+8613800138002\n"
        "Row: 3 lookup=0r3-9999, display_name=Pizza, data1=x, corner\nshop, data1=+8613800138003\n"
    ),
    CALLS_QUERY: (
        "Row: 0 date=1700000003000, number=+8613800138002, name=张敏\n"
        "Row: 1 date=1700000002000, number=+8613800138007, name=NULL\n"
        "Row: 2 date=1700000001000, number=+8613800138002, name=张敏\n"
        "Row: 3 date=1700000000000, number=, name=NULL\n"
    ),
    MESSAGES_QUERY: "Row: 0 date=1700000000000, address=+8613800138001\n",
}
