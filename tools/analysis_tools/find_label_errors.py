from mmner.cli.find_label_errors import main

raise SystemExit(main())
