"""Questions asked of many scans."""
