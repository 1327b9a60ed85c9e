from mmner.cli.check_dataset import main

raise SystemExit(main())
